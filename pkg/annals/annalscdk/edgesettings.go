package annalscdk

import (
	"fmt"
	"net/url"
)

// edgeSettings are what a deployment chooses of who reaches its APIs, and how.
type edgeSettings struct {
	// issuer is the OpenID issuer of callers' tokens, "" = a Cognito user pool of the stack. audience is for whom they must be.
	issuer   string
	audience []string
	// origins are the web pages that browsers may call the API from. None = no CORS.
	origins []string
	// rate is how many requests a second an API takes, burst how many at once beyond that.
	rate, burst float64
	// domain is the HTTP API's name, certificate the ARN of its certificate. "" = the name that AWS gives.
	domain, certificate string
	// noDocs leaves out what the API says of itself to everybody: /docs and /openapi.json.
	noDocs bool
}

// readEdge reads those settings.
//
// Errors: as [readSettings] has them.
func readEdge(context *asked) (edgeSettings, error) {
	var a edgeSettings
	var docs string
	var err error
	for key, to := range map[string]*string{"issuer": &a.issuer, "domain": &a.domain, "certificate": &a.certificate, "docs": &docs} {
		if *to, err = text(context, key); err != nil {
			return a, err
		}
	}
	if a.audience, err = texts(context, "audience"); err != nil {
		return a, err
	}
	if a.origins, err = texts(context, "origins"); err != nil {
		return a, err
	}
	if a.noDocs = docs == "off"; docs != "" && docs != "on" && !a.noDocs {
		return a, fmt.Errorf("docs is %q: it must be on or off", docs)
	}
	// The account's own limits are 10,000 a second and 5,000 at once, for all of its APIs together.
	if a.rate, err = whole(context, "rate", 2000, 0); err != nil {
		return a, err
	}
	if a.burst, err = whole(context, "burst", 1000, 0); err != nil {
		return a, err
	}
	return a, a.validate()
}

func (a edgeSettings) validate() error {
	if a.issuer != "" && !secure(a.issuer) {
		return fmt.Errorf("issuer is %q: it must be an address such as https://id.example.org, as the tokens' iss has it", a.issuer)
	}
	if (a.issuer == "") != (len(a.audience) == 0) {
		return fmt.Errorf("issuer and audience go together: an issuer's tokens for others are not for this API")
	}
	for _, origin := range a.origins {
		if u, err := url.Parse(origin); err != nil || u.Host == "" || origin != u.Scheme+"://"+u.Host {
			return fmt.Errorf("origins has %q: it must be origins such as https://shop.example.org, separated by commas", origin)
		}
	}
	if (a.domain == "") != (a.certificate == "") {
		return fmt.Errorf("domain and certificate go together: the certificate's ARN, in the stack's region")
	}
	return nil
}

func secure(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Scheme == "https" && u.Host != ""
}
