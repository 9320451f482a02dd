package annalscdk

// For the tests that are examples.
var (
	StackOf    = stackOf
	Everything = everything
	Same       = same
)
