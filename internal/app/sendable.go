package app

import (
	"context"
	"log/slog"

	"github.com/aws/aws-lambda-go/events"

	"github.com/annals-es/annals/internal/httpapi"
	"github.com/annals-es/annals/internal/payload"
)

// sendable is an answer as it is, or, where it is larger than Lambda sends, a problem document with its other headers:
// a command was done, and they say what it led to.
func sendable(
	ctx context.Context, log *slog.Logger, method string, out events.APIGatewayV2HTTPResponse,
) events.APIGatewayV2HTTPResponse {
	const most = 6 // bytes that one of the body takes, as \u0000 does; headers are small
	if len(out.Body)*most < payload.MaxBytes/2 {
		return out
	}
	size := payload.Encoded(out)
	if size <= payload.MaxBytes {
		return out
	}
	id := out.Headers[httpapi.CorrelationHeader]
	log.LogAttrs(ctx, slog.LevelError, "answer too large: a problem document is sent instead",
		slog.String("correlationId", id), slog.Int("bytes", size), slog.Int("limit", payload.MaxBytes))
	problem := httpapi.AnswerTooLarge(method, id)
	out.StatusCode, out.Body, out.IsBase64Encoded = problem.Status, problem.Text(), false
	out.Headers["Content-Type"] = problem.ContentType("")
	return out
}
