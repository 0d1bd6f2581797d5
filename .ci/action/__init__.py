"""What action_test.py runs: a runner of composite actions, and the tests of this one by topic."""
