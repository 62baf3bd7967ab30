"""One file a family, all behind the one Recommender interface; `registry` lists them."""
