"""Who people are, what they hold on a date, what they may see, and how they log in."""
