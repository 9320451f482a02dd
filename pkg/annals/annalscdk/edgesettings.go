package annalscdk

import (
	"fmt"
	"net/url"
)

// readNoDocs reads whether the API says of itself what it is.
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
		return fmt.Errorf("issuer is %q: it must be an address such as https://id.example.org, as the tokens' iss has it", s.Issuer)
	}
	if (s.Issuer == "") != (len(s.Audience) == 0) {
		return fmt.Errorf("issuer and audience go together: an issuer's tokens for others are not for this API")
	}
	for _, origin := range s.Origins {
		if u, err := url.Parse(origin); err != nil || u.Host == "" || origin != u.Scheme+"://"+u.Host {
			return fmt.Errorf("origins has %q: it must be origins such as https://shop.example.org, separated by commas", origin)
		}
	}
	if (s.Domain == "") != (s.Certificate == "") {
		return fmt.Errorf("domain and certificate go together: the certificate's ARN, in the stack's region")
	}
	return nil
}

func secure(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Scheme == "https" && u.Host != ""
}
