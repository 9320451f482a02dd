package build

// Place is place, for tests.
var Place = place
