package annalshttp

import (
	"mime"
	"net/http"
	"strings"
)

const jsonType = "application/json"

// checkMedia refuses a body that is not uncompressed JSON in UTF-8. A body without a content type counts as that. No
// operation reads the body of a GET.
func checkMedia(r *http.Request) *Problem {
	if r.Method == http.MethodGet || r.Method == http.MethodHead || r.ContentLength == 0 {
		return nil
	}
	for coding := range strings.SplitSeq(r.Header.Get("Content-Encoding"), ",") {
		if coding = strings.TrimSpace(coding); coding != "" && !strings.EqualFold(coding, "identity") {
			return unsupportedEncoding()
		}
	}
	given := r.Header.Get("Content-Type")
	if given == "" || given == jsonType {
		return nil
	}
	media, parameters, err := mime.ParseMediaType(given)
	charset, named := parameters["charset"]
	switch {
	case err != nil && strings.Contains(given, ","):
		return invalidField("header.Content-Type", isRepeated)
	case err != nil, media != jsonType, named && !strings.EqualFold(charset, "utf-8"):
		return newProblem(http.StatusUnsupportedMediaType, "unsupported-media-type",
			"the body must be application/json, in UTF-8")
	}
	setHeader(r, "Content-Type", jsonType) // the only form that huma knows
	return nil
}

// unsupportedEncoding returns the problem for a compressed body. Its Accept-Encoding says what is accepted (RFC 9110,
// 15.5.16).
func unsupportedEncoding() *Problem {
	p := newProblem(http.StatusUnsupportedMediaType, "unsupported-media-type",
		"the body must not be compressed: send it uncompressed, without Content-Encoding")
	p.encodings = "identity"
	return p
}
