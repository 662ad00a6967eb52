//! The front end of people: keys in, screens out.
