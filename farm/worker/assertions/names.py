"""What functions, methods and attributes of ttnn, torch, numpy and Python tell, by their names."""

FORM = frozenset(
    name
    for names in (
        "device dim dtype element_size flags is_complex is_contiguous is_floating_point is_tensor itemsize layout",
        "nbytes ndim ndimension nelement numel rank requires_grad shape size stride strides",
        "buffer_address buffer_num_pages buffer_page_size buffer_type get_dtype get_layout get_tile is_allocated",
        "is_sharded logical_shape logical_volume memory_config padded_shape physical_volume shard_spec spec",
        "storage_type tensor_id tensor_topology tile volume",
    )
    for name in names.split()
)
"""Attributes, methods and functions that describe a tensor's form, not its numbers."""

READ_BACKS = frozenset({"to_list", "to_numpy", "to_torch", "to_torch_with_padded_shape"})
"""The functions and methods of ttnn that give a tensor's numbers."""
READ_BACKS_OF_TENSORS = frozenset({"item", "tolist"})
"""Methods that do so for a tensor of ttnn; torch and numpy have them for their own."""

BUILTINS_OF_FORM = frozenset({"callable", "hasattr", "id", "isinstance", "issubclass", "len", "type"})
"""Those of Python that do."""
SELECTIONS = frozenset({"argwhere", "flatnonzero", "masked_select", "nonzero", "unique", "where"})
"""Functions whose output's form depends on numbers."""

BUILTINS = frozenset({"bool", "dict", "enumerate", "int", "list", "print", "range", "str", "tuple", "zip"})
"""Other functions of Python that assert nothing."""
