"""What each source sends, translated and made durable."""
