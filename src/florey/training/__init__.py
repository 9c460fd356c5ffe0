"""From a checkpoint to the next: cold start, reward, curriculum, rounds and the engines that train on them."""
