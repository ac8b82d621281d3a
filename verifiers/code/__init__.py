"""How programs are judged: an untrusted *candidate* process, a trusted *examiner* process, and plain values between.

The candidate runs the program and answers calls; it never sees what a test expects. The examiner runs the tests with the
candidate's names as proxies and compares rebuilt plain values. The host only relays. Whatever a program does to its own
process, it can do no more than answer calls, which is what an honest program does too.

Steps that hold code: ``blocks``, ``claims``, ``printed`` and ``judging`` read them in an isolated worker, which says what to
ask the candidate and then what the answers mean; ``relay`` is the host's part.
"""
