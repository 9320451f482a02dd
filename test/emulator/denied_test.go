package main

import "testing"

// TestWasDenied: a denied request is found, but for the action that the emulator alone asks for.
func TestWasDenied(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]bool{
		"a task was done": false,
		"AccessDenied: User: x is not authorized to perform: sqs:SendMessageBatch because no policy allows it":                            false,
		"AccessDenied: x is not authorized to perform: dynamodb:PutItem on resource: y":                                                   true,
		"not authorized to perform: sqs:SendMessageBatch because; not authorized to perform: sqs:SendMessage because no policy allows it": true,
		"api error AccessDenied: no": true,
	} {
		if got := wasDenied(message); got != want {
			t.Errorf("message %q says that a request was denied: %v, want %v", message, got, want)
		}
	}
}
