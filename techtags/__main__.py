"""`python -m techtags`."""

from .cli import main

main()
