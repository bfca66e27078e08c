"""Information room: articles, feeds and posts in; what was copied, said and reported out."""
