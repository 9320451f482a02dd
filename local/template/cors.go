package template

// CORS is the CorsConfiguration of an HTTP API. Its fields have CloudFormation's names.
type CORS struct {
	AllowOrigins  []string
	AllowMethods  []string
	AllowHeaders  []string
	ExposeHeaders []string
	// MaxAge is how many seconds a browser may cache the response to a preflight. If nil, the browser decides.
	MaxAge           *int
	AllowCredentials bool
}
