"""How finetuning is computed: numpy, which defines what is correct, and fused C."""
