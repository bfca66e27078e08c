"""Facts of one article: who did what, when and where, in whose words, each with the characters it rests on."""
