// Package inspect answers what people ask of a running service: what happened, what it led to, and how far the read models
// are. It reads, and changes nothing. Its answers have JSON forms whose field names stay as they are.
package inspect
