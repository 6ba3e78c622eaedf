"""What a model gets right: figures of one run, differences between runs. Arrays or Predictions in, NumPy or pandas out."""  # noqa: E501
