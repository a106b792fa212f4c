"""What a stay costs, by season, weekday and length."""
