package invoke

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/annals-es/annals/local/endpoint"
)

// notPassedOn are headers that give a function more than its event. Requests with them are refused.
var notPassedOn = []string{"X-Amz-Client-Context", "X-Amz-Tenant-Id", "X-Amz-Durable-Execution-Name"}

// namePattern matches a function's name, its ARN, or "account:function:name", each with or without a version or alias.
var namePattern = regexp.MustCompile(
	`^(?:(arn:[a-z-]+:lambda:[a-z0-9-]+:\d{12}|\d{12}):function:)?([A-Za-z0-9_-]+)(?::(\$LATEST|[A-Za-z0-9_-]+))?$`,
)

// find returns the function that a request names, if the signer may invoke it.
func (s *Server) find(r *http.Request) (Function, error) {
	name := r.PathValue("name")
	parts := namePattern.FindStringSubmatch(name)
	if parts == nil {
		return Function{}, &apiError{
			http.StatusBadRequest, "ValidationException",
			fmt.Sprintf("%q is neither the name nor the ARN of a function", name), "",
		}
	}
	version := parts[3]
	if version == "" {
		version = r.URL.Query().Get("Qualifier")
	}
	owner := "arn:aws:lambda:" + s.region + ":" + s.account
	arn := owner + ":function:" + parts[2]
	if strings.HasPrefix(parts[1], "arn:") {
		arn = parts[1] + ":function:" + parts[2]
	}
	if version != "" {
		arn += ":" + version
	}
	if s.MayInvoke != nil {
		if err := s.MayInvoke(r.Header, arn); err != nil {
			return Function{}, &apiError{http.StatusForbidden, "AccessDeniedException", err.Error(), ""}
		}
	}
	f, there := s.functions[parts[2]]
	ours := parts[1] == "" || parts[1] == s.account || parts[1] == owner
	if !there || !ours || version != "" && version != "$LATEST" {
		return Function{}, &apiError{http.StatusNotFound, "ResourceNotFoundException", "Function not found: " + arn, ""}
	}
	for _, header := range notPassedOn {
		if r.Header.Get(header) != "" {
			return Function{}, &apiError{http.StatusBadRequest, "InvalidParameterValueException",
				header + " is not supported locally", ""}
		}
	}
	return f, nil
}

// readEvent reads the event: JSON, or {} if the body is empty.
func readEvent(w http.ResponseWriter, r *http.Request, most int64) ([]byte, error) {
	event, err := endpoint.ReadBody(w, r, most, bodyTime)
	switch _, large := errors.AsType[*http.MaxBytesError](err); {
	case large:
		return nil, tooLarge(most)
	case err != nil:
		return nil, &apiError{http.StatusBadRequest, "InvalidRequestContentException", err.Error(), ""}
	}
	if len(bytes.TrimSpace(event)) == 0 {
		return []byte("{}"), nil
	}
	if !json.Valid(event) {
		return nil, &apiError{
			http.StatusBadRequest, "InvalidRequestContentException", "Could not parse request body into json", "",
		}
	}
	return event, nil
}
