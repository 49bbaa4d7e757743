"""The ground that the three services stand on: contracts, delivery, and one small thing each."""
