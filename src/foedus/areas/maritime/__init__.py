"""Maritime: AIS sentences and tables in, what vessels did out."""
