package gateway

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// response is a function's answer, payload format 2.0.
type response struct {
	StatusCode        *int                `json:"statusCode"`
	Headers           map[string]any      `json:"headers"` // text, number or boolean each
	MultiValueHeaders map[string][]string `json:"multiValueHeaders"`
	Cookies           []string            `json:"cookies"`
	Body              string              `json:"body"`
	IsBase64Encoded   bool                `json:"isBase64Encoded"`
}

// respond writes a function's answer within a time limit. An error means that the answer is not a valid response, and
// that nothing was written.
func respond(w http.ResponseWriter, payload []byte, within time.Duration) error {
	answer, err := parseResponse(payload)
	if err != nil {
		return err
	}
	body := []byte(answer.Body)
	if answer.IsBase64Encoded {
		if body, err = base64.StdEncoding.DecodeString(answer.Body); err != nil {
			return fmt.Errorf("the function's response has isBase64Encoded, but its body is not base64: %w", err)
		}
	}
	if *answer.StatusCode < 200 || *answer.StatusCode > 599 {
		return fmt.Errorf("the function's response has the invalid status code %d", *answer.StatusCode)
	}
	header := w.Header()
	for name, values := range answer.MultiValueHeaders {
		for _, value := range values {
			header.Add(name, value)
		}
	}
	for name, value := range answer.Headers {
		header.Set(name, fmt.Sprint(value))
	}
	for _, cookie := range answer.Cookies {
		header.Add("Set-Cookie", cookie)
	}
	header.Del("Content-Length") // net/http sets it
	if *answer.StatusCode != http.StatusNoContent && *answer.StatusCode != http.StatusNotModified {
		header.Set("Content-Length", strconv.Itoa(len(body)))
	}
	if header.Get("Content-Type") == "" {
		header.Set("Content-Type", "text/plain;charset=UTF-8")
	}
	// A ResponseWriter without a connection, such as a test's recorder, has no deadline. The deadline is removed again
	// for the next request.
	connection := http.NewResponseController(w)
	_ = connection.SetWriteDeadline(time.Now().Add(within))
	w.WriteHeader(*answer.StatusCode)
	if _, err = w.Write(body); !errors.Is(err, os.ErrDeadlineExceeded) {
		err = connection.Flush()
	}
	if err == nil {
		_ = connection.SetWriteDeadline(time.Time{})
	}
	return nil // a failed write means that the client disconnected or was too slow
}

// parseResponse reads a function's answer. An answer without a status code is the body of a 200 response in JSON.
func parseResponse(payload []byte) (response, error) {
	payload = bytes.TrimSpace(payload)
	if !json.Valid(payload) {
		return response{}, fmt.Errorf("the function's answer is not JSON")
	}
	var answer response
	if payload[0] == '{' {
		decoder := json.NewDecoder(bytes.NewReader(payload))
		decoder.UseNumber()
		if err := decoder.Decode(&answer); err != nil {
			return response{}, fmt.Errorf("the function's answer is not a response of payload format 2.0: %w", err)
		}
		if answer.StatusCode != nil {
			return answer, nil
		}
	}
	body := string(payload)
	if text := ""; json.Unmarshal(payload, &text) == nil && strings.HasPrefix(body, `"`) {
		body = text
	}
	ok := http.StatusOK
	return response{StatusCode: &ok, Headers: map[string]any{"Content-Type": "application/json"}, Body: body}, nil
}
