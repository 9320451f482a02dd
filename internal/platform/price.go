package platform

// Prices of us-east-1, in dollars, by the list, as read in November 2026 on third-party pages: check them before you rely on
// them. Volume discounts and free tiers are left out.
const (
	// PricesOf is when they were read.
	PricesOf = "November 2026"
	// PerWriteUnit and PerReadUnit are DynamoDB's, on demand; PerGBMonth is its storage.
	PerWriteUnit = 0.625e-6
	PerReadUnit  = 0.125e-6
	PerGBMonth   = 0.25
	// PerInvocation and PerGBSecond are Lambda's, on arm64.
	PerInvocation = 0.20e-6
	PerGBSecond   = 0.0000133334
	// PerRequest is API Gateway's, of an HTTP API.
	PerRequest = 1.00e-6
)
