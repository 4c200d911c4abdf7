"use strict";
// What a person may know a document by, as the tokens under which it is listed. The same rules as in release/known_by.py.
const pile = { words: new Map(), records: new Map() };

pile.fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

pile.split = (text) => [...new Set(pile.fold(text).match(/[\p{L}\p{N}]+/gu) || [])];

pile.address = (text) => {
  let rest = text.trim().toLowerCase();
  if (/^https?:\/\//.test(rest)) rest = rest.replace(/#.*$/s, "");
  return rest.replace(/^(?:[a-z][a-z0-9+.-]*:\/\/)?(?:www\.)?/, "").replace(/\/+$/, "");
};

pile.doi = (text) => {
  const found = /10\.[0-9]{4,9}\/[^\s"<>]+/.exec(text.toLowerCase());
  return found ? found[0].replace(/[.,;:)\]}'#?]+$/, "") : null;
};

pile.isbn = (text) => {
  const digits = text.toLowerCase().replace(/^\s*(?:urn:)?isbn(?:-1[03])?[:\s]*/, "").replace(/[\s-]/g, "");
  if (/^97[89][0-9]{10}$/.test(digits)) return pile.check13(digits.slice(0, 12)) === digits ? digits : null;
  if (!/^[0-9]{9}[0-9x]$/.test(digits)) return null;
  const sum = [...digits].reduce((all, digit, at) => all + (digit === "x" ? 10 : Number(digit)) * (10 - at), 0);
  return sum % 11 === 0 ? pile.check13("978" + digits.slice(0, 9)) : null;
};

pile.check13 = (twelve) => {
  const sum = [...twelve].reduce((all, digit, at) => all + Number(digit) * (at % 2 ? 3 : 1), 0);
  return twelve + String((10 - (sum % 10)) % 10);
};

pile.keys = (query) => {
  const found = [];
  const isbn = pile.isbn(query);
  const doi = pile.doi(query);
  const address = pile.address(query);
  if (isbn) found.push("=isbn:" + isbn);
  if (doi) found.push("=doi:" + doi);
  if (/[.:/]/.test(address) && !/\s/.test(address)) found.push("=url:" + address);
  if (/^[^\s/:@]+\.[^\s/:@.]{2,}$/.test(address)) found.push("=site:" + address);
  return found;
};

pile.table = Uint32Array.from({ length: 256 }, (_, byte) => {
  for (let bit = 0; bit < 8; bit += 1) byte = byte & 1 ? 0xedb88320 ^ (byte >>> 1) : byte >>> 1;
  return byte >>> 0;
});

pile.hash = (token) => {
  let sum = 0xffffffff;
  for (const byte of new TextEncoder().encode(token)) sum = pile.table[(sum ^ byte) & 255] ^ (sum >>> 8);
  return (sum ^ 0xffffffff) >>> 0;
};
