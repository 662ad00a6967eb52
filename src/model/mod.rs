//! AlexNet as data: the layers of each variant, and the network made from them.
