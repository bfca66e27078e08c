"""What happened, so that neither side can deny, drop, reorder or rewrite it; figures with the entries behind them."""
