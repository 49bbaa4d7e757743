"""What operators run inside the images; it needs nothing but what every service needs."""
