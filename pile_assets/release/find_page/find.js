"use strict";
// Looks tokens up in files that are loaded as scripts, since a page opened from a disk may read nothing else.

const SHOWN = 50;
const byId = (id) => document.getElementById(id);

const loaded = new Map();
const load = (name) => {
  if (!loaded.has(name)) {
    loaded.set(name, new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = name;
      script.onload = resolve;
      script.onerror = () => reject(new Error(`The file ${name} of this page is missing.`));
      document.head.append(script);
    }));
  }
  return loaded.get(name);
};

const hex = (number) => number.toString(16).padStart(5, "0");

const postings = async (token) => {
  const bucket = pile.hash(token) % pile.about.buckets;
  await load(`words/${hex(bucket)}.js`);
  const listed = pile.words.get(bucket);
  if (!Object.hasOwn(listed, token)) return { total: 0, documents: [] };
  const [total, gaps] = listed[token];
  let at = 0;
  return { total, documents: gaps.map((gap) => (at += gap)) };
};

const record = async (number) => {
  const chunk = Math.floor(number / pile.about.chunk);
  await load(`records/${hex(chunk)}.js`);
  return pile.records.get(chunk)[number % pile.about.chunk];
};

const byKeys = async (query) => {
  const lists = await Promise.all(pile.keys(query).map(postings));
  const documents = [...new Set(lists.flatMap((list) => list.documents))].sort((a, b) => a - b);
  return { total: Math.max(documents.length, ...lists.map((list) => list.total)), documents };
};

const byWords = async (query) => {
  const words = pile.split(query);
  if (!words.length) return { total: 0, documents: [] };
  const lists = (await Promise.all(words.map(postings))).sort((a, b) => a.total - b.total);
  const whole = lists.filter((list) => list.documents.length === list.total);
  if (!whole.length) return lists.length === 1 ? lists[0] : { ...lists[0], common: true };
  const sets = whole.slice(1).map((list) => new Set(list.documents));
  let documents = whole[0].documents.filter((number) => sets.every((set) => set.has(number)));
  if (whole.length < lists.length) {
    const kept = [];
    for (const number of documents) {
      const own = new Set(pile.split((await record(number)).slice(0, 5).join(" ")));
      if (words.every((word) => own.has(word))) kept.push(number);
    }
    documents = kept;
  }
  return { total: documents.length, documents };
};

const line = (parent, kind, text) => {
  const element = document.createElement("div");
  element.className = kind;
  element.textContent = text;
  parent.append(element);
  return element;
};

const show = ([id, title, authors, url, credit, licence, place]) => {
  const item = document.createElement("li");
  line(item, "title", title || id);
  if (authors || credit) line(item, "authors", authors || credit);
  const where = line(item, "url", "");
  if (/^https?:\/\//i.test(url)) {
    const link = document.createElement("a");
    link.href = url;
    link.rel = "noreferrer noopener";
    link.textContent = url;
    where.append(link);
  } else {
    where.textContent = url;
  }
  line(item, "facts", `${licence} · ${id} · ${place}`);
  byId("found").append(item);
};

let asked = 0;
const look = async () => {
  const mine = (asked += 1);
  const query = byId("query").value;
  byId("found").replaceChildren();
  if (!query.trim()) {
    byId("said").textContent = "";
    return;
  }
  try {
    let result = await byKeys(query);
    if (!result.documents.length) result = await byWords(query);
    const shown = await Promise.all(result.documents.slice(0, SHOWN).map(record));
    if (mine !== asked) return;
    byId("said").textContent = said(result, shown.length);
    shown.forEach(show);
  } catch (error) {
    if (mine === asked) byId("said").textContent = String(error.message || error);
  }
};

const said = (result, shown) => {
  if (!result.total) return "Nothing in this release matches. Try another spelling, or fewer words.";
  if (result.common) return `These words are in too many documents. ${shown} that have the rarest of them are shown.`;
  const count = result.total === 1 ? "1 document matches." : `${result.total.toLocaleString("en")} documents match.`;
  return shown < result.total ? `${count} The first ${shown} are shown.` : count;
};

byId("about").textContent =
  `Release ${pile.about.release}, ${pile.about.documents.toLocaleString("en")} documents. ` +
  "No text of any document is on this page. To have something taken out, write to whoever published this release, with the line that begins with the licence.";
byId("form").addEventListener("submit", (event) => {
  event.preventDefault();
  look();
});
if (location.hash.length > 1) {
  byId("query").value = decodeURIComponent(location.hash.slice(1));
  look();
}
