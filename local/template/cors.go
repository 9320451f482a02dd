package template

// CORS is the CorsConfiguration of an HTTP API, with the names that CloudFormation has for its properties.
type CORS struct {
	AllowOrigins  []string
	AllowMethods  []string
	AllowHeaders  []string
	ExposeHeaders []string
	// MaxAge is how many seconds a browser may keep the answer to a preflight, nil = as long as the browser likes.
	MaxAge           *int
	AllowCredentials bool
}
