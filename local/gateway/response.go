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

// respond writes a function's answer, for as long as the client may take. An error means that it makes no sense, and that
// nothing was written.
func respond(w http.ResponseWriter, payload []byte, within time.Duration) error {
	answer, err := parseResponse(payload)
	if err != nil {
		return err
	}
	body := []byte(answer.Body)
	if answer.IsBase64Encoded {
		if body, err = base64.StdEncoding.DecodeString(answer.Body); err != nil {
			return fmt.Errorf("the body is not base64: %w", err)
		}
	}
	if *answer.StatusCode < 200 || *answer.StatusCode > 599 {
		return fmt.Errorf("status code %d", *answer.StatusCode)
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
	header.Del("Content-Length") // counted here
	if *answer.StatusCode != http.StatusNoContent && *answer.StatusCode != http.StatusNotModified {
		header.Set("Content-Length", strconv.Itoa(len(body)))
	}
	if header.Get("Content-Type") == "" {
		header.Set("Content-Type", "text/plain;charset=UTF-8")
	}
	// What has no connection, such as a test's recorder, has no deadline. It is taken off again for the next request.
	connection := http.NewResponseController(w)
	_ = connection.SetWriteDeadline(time.Now().Add(within))
	w.WriteHeader(*answer.StatusCode)
	if _, err = w.Write(body); !errors.Is(err, os.ErrDeadlineExceeded) {
		err = connection.Flush()
	}
	if err == nil {
		_ = connection.SetWriteDeadline(time.Time{})
	}
	return nil // a client that has gone, or does not take it, has nobody to be told
}

// parseResponse infers a response from an answer without a status code: 200, JSON, the answer as the body.
func parseResponse(payload []byte) (response, error) {
	payload = bytes.TrimSpace(payload)
	if !json.Valid(payload) {
		return response{}, fmt.Errorf("the answer is not JSON")
	}
	var answer response
	if payload[0] == '{' {
		decoder := json.NewDecoder(bytes.NewReader(payload))
		decoder.UseNumber()
		if err := decoder.Decode(&answer); err != nil {
			return response{}, fmt.Errorf("the answer is no response: %w", err)
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
