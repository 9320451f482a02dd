package platform

// List prices in us-east-1, in dollars, without volume discounts and free tiers. They were taken from third-party pages
// in November 2026: check them before you rely on them.
const (
	// PricesOf is the month of the prices.
	PricesOf = "November 2026"
	// PerWriteUnit and PerReadUnit are the prices of DynamoDB's request units, on demand. PerGBMonth is its storage.
	PerWriteUnit = 0.625e-6
	PerReadUnit  = 0.125e-6
	PerGBMonth   = 0.25
	// PerInvocation and PerGBSecond are Lambda's prices on arm64.
	PerInvocation = 0.20e-6
	PerGBSecond   = 0.0000133334
	// PerRequest is API Gateway's price of a request to an HTTP API.
	PerRequest = 1.00e-6
)
