// Package bucket emulates the part of S3 that a service uses: GetObject, HeadObject, PutObject and ListObjectsV2 over
// HTTP, and notifications of new objects to queues. Start with [Listen]. A bucket is a folder.
package bucket

import (
	"crypto/md5" // an ETag of S3 is an MD5
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Config describes a bucket.
type Config struct {
	Name, ARN, Region string
	// Dir is the folder of the objects. Each object is a file whose path is its key.
	Dir string
}

// Bucket is one bucket. It needs no closing.
type Bucket struct {
	Config
	told []func(message string) error
}

// New returns the bucket in a folder. The first object creates the folder.
func New(c Config) *Bucket { return &Bucket{Config: c} }

// Tell registers a receiver of S3's message about each new object. Call it before the bucket is used.
func (b *Bucket) Tell(who func(message string) error) { b.told = append(b.told, who) }

// ErrNoKey is the error for an invalid key: an empty one, or one that leads out of the folder.
var ErrNoKey = errors.New("invalid object key: it must be a path inside the bucket")

func (b *Bucket) file(key string) (string, error) {
	local := filepath.FromSlash(key)
	if !filepath.IsLocal(local) || filepath.Clean(local) != local {
		return "", fmt.Errorf("%q: %w", key, ErrNoKey)
	}
	return filepath.Join(b.Dir, local), nil
}

// Put stores an object, and reports it once it is stored completely.
//
// Errors: [ErrNoKey]; those of the file system; those of a receiver, in which case the object is stored.
func (b *Bucket) Put(key string, body []byte) error {
	file, err := b.file(key)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		return err
	}
	if err := write(file, body); err != nil {
		return err
	}
	var failed error
	for _, tell := range b.told {
		failed = errors.Join(failed, tell(b.created(key, body)))
	}
	return failed
}

// partPrefix begins the names of files that are being written and are not objects yet.
const partPrefix = ".part-"

func write(file string, body []byte) error {
	part, err := os.CreateTemp(filepath.Dir(file), partPrefix+"*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(part.Name()) }() // already renamed, if all went well
	_, err = part.Write(body)
	if err := errors.Join(err, part.Close()); err != nil {
		return err
	}
	return os.Rename(part.Name(), file)
}

// Get returns an object.
//
// Errors: [os.ErrNotExist], [ErrNoKey]; those of the file system.
func (b *Bucket) Get(key string) ([]byte, error) {
	file, err := b.file(key)
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		return nil, fmt.Errorf("%q: %w", key, os.ErrNotExist)
	}
	return os.ReadFile(file)
}

// object is the description of an object in a message.
type object struct {
	Key       string `json:"key"`
	Size      int    `json:"size"`
	ETag      string `json:"eTag"`
	Sequencer string `json:"sequencer"`
}

// created returns S3's message about a new object:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html.
func (b *Bucket) created(key string, body []byte) string {
	sum := md5.Sum(body) // S3's ETag
	now := time.Now().UTC()
	segments := strings.Split(key, "/")
	for i := range segments {
		segments[i] = url.QueryEscape(segments[i])
	}
	text, _ := json.Marshal(map[string]any{"Records": []any{map[string]any{ // strings and numbers cannot fail
		"eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": b.Region, "eventName": "ObjectCreated:Put",
		"eventTime": now.Format("2006-01-02T15:04:05.000Z"),
		"s3": map[string]any{
			"s3SchemaVersion": "1.0", "configurationId": b.Name,
			"bucket": map[string]any{"name": b.Name, "arn": b.ARN},
			"object": object{
				strings.Join(segments, "/"), len(body), hex.EncodeToString(sum[:]), fmt.Sprintf("%016X", now.UnixNano()),
			},
		},
	}}})
	return string(text)
}
