package annalslambda

import (
	"context"
	"log/slog"

	"github.com/aws/aws-lambda-go/events"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalshttp"
	"github.com/annals-es/annals/pkg/annals/internal/payload"
)

// sendable returns the answer, or a problem document if the answer is larger than Lambda sends. The problem document
// keeps the answer's other headers: a command was done, and its headers describe the result.
func sendable(
	ctx context.Context, s *annals.Service, log *slog.Logger, method string, out events.APIGatewayV2HTTPResponse,
) events.APIGatewayV2HTTPResponse {
	const most = 6 // a byte of the body takes at most 6 bytes of JSON, as \u0000 does; headers are small
	if len(out.Body)*most < payload.MaxBytes/2 {
		return out
	}
	size := payload.Encoded(out)
	if size <= payload.MaxBytes {
		return out
	}
	id := out.Headers[annalshttp.CorrelationHeader]
	log.LogAttrs(ctx, slog.LevelError, "the answer is too large: a problem document is sent instead",
		slog.String("correlationId", id), slog.Int("bytes", size), slog.Int("limit", payload.MaxBytes))
	problem := annalshttp.AnswerTooLarge(s, method, id)
	out.StatusCode, out.Body, out.IsBase64Encoded = problem.Status, problem.Text(), false
	out.Headers["Content-Type"] = "application/problem+json"
	return out
}
