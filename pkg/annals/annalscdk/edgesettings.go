package annalscdk

import (
	"fmt"
	"net/url"
)

// readNoDocs reads whether the routes that document the API are left out.
func readNoDocs(context *asked) (bool, error) {
	docs, err := text(context, "docs")
	if err != nil {
		return false, err
	}
	if docs != "" && docs != "on" && docs != "off" {
		return false, fmt.Errorf("docs is %q: it must be on or off", docs)
	}
	return docs == "off", nil
}

func (s *Settings) validateEdge() error {
	if s.Issuer != "" && !secure(s.Issuer) {
		return fmt.Errorf("issuer is %q: it must be an address such as https://id.example.org, the same as iss in the tokens",
			s.Issuer)
	}
	if (s.Issuer == "") != (len(s.Audience) == 0) {
		return fmt.Errorf("issuer and audience are needed together: " +
			"without an audience, the API would accept tokens for other services")
	}
	for _, origin := range s.Origins {
		if u, err := url.Parse(origin); err != nil || u.Host == "" || origin != u.Scheme+"://"+u.Host {
			return fmt.Errorf("origins has %q: it must be origins such as https://shop.example.org, separated by commas", origin)
		}
	}
	if (s.Domain == "") != (s.Certificate == "") {
		return fmt.Errorf("domain and certificate are needed together: the certificate is an ARN in the stack's region")
	}
	return nil
}

func secure(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Scheme == "https" && u.Host != ""
}
