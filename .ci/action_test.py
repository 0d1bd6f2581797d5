"""Runs action.yml as a job does, on a findgate that is built, and asserts all that comes of it.

    FINDGATE=PATH python3 .ci/action_test.py
"""

import sys
import unittest

sys.dont_write_bytecode = True

from action.bases import Bases
from action.broken import BrokenFindgates
from action.comments import Comments
from action.hostile import Hostile
from action.installing import Installing
from action.runner_test import TheRunnerOfThisTest
from action.verdicts import Verdicts

__all__ = ["Bases", "BrokenFindgates", "Comments", "Hostile", "Installing", "TheRunnerOfThisTest", "Verdicts"]

if __name__ == "__main__":
    unittest.main()
