"""Jobs: the queue, the supervisor, executors behind one small protocol, and the worker where runs and training meet."""
