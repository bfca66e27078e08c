"""The eight nouns as frozen types, and the pure codecs they need. No I/O, no clock, no randomness."""
