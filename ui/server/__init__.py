"""What stands around the page: who may call it, what may be sent, what it is told while runs are at work."""
