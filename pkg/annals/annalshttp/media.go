package annalshttp

import (
	"mime"
	"net/http"
	"strings"
)

const jsonType = "application/json"

// checkMedia refuses a body that is not JSON in UTF-8, uncompressed. A body without a content type is taken for that. A
// GET has no body that an operation reads.
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
	setHeader(r, "Content-Type", jsonType) // as huma knows it
	return nil
}

// unsupportedEncoding is the problem of a compressed body. The answer says what is taken (RFC 9110, 15.5.16).
func unsupportedEncoding() *Problem {
	p := newProblem(http.StatusUnsupportedMediaType, "unsupported-media-type",
		"the body must not be compressed: send it as it is, without Content-Encoding")
	p.encodings = "identity"
	return p
}
