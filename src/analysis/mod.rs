//! Questions asked of a trained net: evaluation over a split, and the report made from it.
