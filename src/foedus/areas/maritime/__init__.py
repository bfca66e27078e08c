"""Maritime room: who met, went silent, loitered, jumped or shared an identity, from AIS."""
