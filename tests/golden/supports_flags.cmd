astrolabe supports --optimised-disjunctive-reasoning
astrolabe supports --serialise-assignments
astrolabe supports --assignments
