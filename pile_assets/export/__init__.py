"""Writing a release out for training, mixed by a recipe. Steps of the corpus itself belong elsewhere."""
