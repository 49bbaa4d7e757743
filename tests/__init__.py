"""The tests, a folder for each room of the house and each way of looking at all of it."""
