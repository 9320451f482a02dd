package payload_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"github.com/annals-es/annals/pkg/annals/internal/payload"
)

// TestEncoded: the size of an answer is the size that Lambda's runtime sends.
func TestEncoded(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "plain", `{"a":"b\"c\\"}`, "<&>\u2028\x00\n\x1f", "ü€😀", strings.Repeat(`"`, 1000)} {
		response := events.APIGatewayV2HTTPResponse{StatusCode: 200, Headers: map[string]string{"X": "<>"}, Body: body}
		handler := lambda.NewHandler(func(context.Context) (events.APIGatewayV2HTTPResponse, error) { return response, nil })
		sent, err := handler.Invoke(t.Context(), []byte("{}"))
		if err != nil {
			t.Fatal(err)
		}
		if got := payload.Encoded(response); got != len(bytes.TrimSuffix(sent, []byte("\n"))) {
			t.Errorf("%q: %d bytes, sent are %d: %s", body, got, len(sent), sent)
		}
		response.Body = ""
		if got := payload.Encoded(response) + payload.Size([]byte(body)); got != len(bytes.TrimSuffix(sent, []byte("\n"))) {
			t.Errorf("%q: %d bytes with the body, sent are %d", body, got, len(sent))
		}
	}
	if n := payload.Encoded(func() {}); n != 0 {
		t.Errorf("what is no JSON: %d bytes", n)
	}
}

// TestFit: a page has at least one item, and no more than fit.
func TestFit(t *testing.T) {
	t.Parallel()
	const half = payload.PageBytes / 2
	for _, test := range []struct {
		sizes []int
		want  int
	}{
		{nil, 0}, {[]int{half}, 1}, {[]int{half, half}, 2},
		{[]int{half, half, 1}, 2}, {[]int{3 * half, 1}, 1}, {[]int{1, 3 * half}, 1},
	} {
		if got := payload.Fit(test.sizes, func(n int) int { return n }); got != test.want {
			t.Errorf("items of the sizes %v that fit: %d, want %d", test.sizes, got, test.want)
		}
	}
}
