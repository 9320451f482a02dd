package main

// bugs are changes that chaos must find, by name.
var bugs = map[string][]change{}
