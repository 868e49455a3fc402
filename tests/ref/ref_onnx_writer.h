/* Small ONNX files for tests, written field by field in the wire format. */
#ifndef ASTROLABE_TESTS_REF_ONNX_WRITER_H
#define ASTROLABE_TESTS_REF_ONNX_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Growing bytes; zeroed: empty. */
struct ref_bytes {
    unsigned char *data;
    size_t n;
    size_t capacity;
};

void ref_bytes_append(struct ref_bytes *bytes, const void *data, size_t n);
void ref_bytes_varint(struct ref_bytes *bytes, uint64_t value);
/* Field with a varint, with n bytes, with a text. */
void ref_bytes_number(struct ref_bytes *bytes, unsigned field, uint64_t value);
void ref_bytes_block(struct ref_bytes *bytes, unsigned field, const void *data,
                     size_t n);
void ref_bytes_text(struct ref_bytes *bytes, unsigned field, const char *text);
/* Field with a message; the message is cleared. */
void ref_bytes_message(struct ref_bytes *bytes, unsigned field,
                       struct ref_bytes *message);
void ref_bytes_clear(struct ref_bytes *bytes);

/* A model under construction; node is the one that is open. */
struct ref_model {
    int64_t opset;
    struct ref_bytes graph;
    struct ref_bytes node;
};

/* Graph input or output of an element type (1 float32, 11 float64, 7 int64)
 * and dimensions; a negative one is symbolic. */
void ref_model_input(struct ref_model *model, const char *name, int type,
                     const int64_t *dims, size_t n_dims);
void ref_model_output(struct ref_model *model, const char *name, int type,
                      const int64_t *dims, size_t n_dims);

/* Initializers with raw data; the values are rounded to the element type. */
void ref_model_floats(struct ref_model *model, const char *name,
                      const int64_t *dims, size_t n_dims, const double *values);
void ref_model_doubles(struct ref_model *model, const char *name,
                       const int64_t *dims, size_t n_dims,
                       const double *values);
/* A list of int64 as typed data. */
void ref_model_integers(struct ref_model *model, const char *name,
                        const int64_t *values, size_t n);
/* Any tensor: raw data of any length. */
void ref_model_tensor(struct ref_model *model, const char *name, int type,
                      const int64_t *dims, size_t n_dims,
                      const struct ref_bytes *raw);

/* Starts a node; names of inputs and outputs are separated by commas. */
void ref_model_node(struct ref_model *model, const char *op, const char *inputs,
                    const char *outputs);
void ref_node_int(struct ref_model *model, const char *name, int64_t value);
void ref_node_float(struct ref_model *model, const char *name, float value);
void ref_node_text(struct ref_model *model, const char *name,
                   const char *value);
void ref_node_ints(struct ref_model *model, const char *name,
                   const int64_t *values, size_t n);
/* An attribute whose field `field` holds the given message. */
void ref_node_message(struct ref_model *model, const char *name, int type,
                      unsigned field, struct ref_bytes *message);

/* Node Gemm, y = x W + b, or x W^T + b if is_transposed; names: x and y. W
 * [shape[0] x shape[1]] and b are initializers of float32, w_<y> and b_<y>. */
void ref_model_gemm(struct ref_model *model, const char *const names[2],
                    const int64_t shape[2], bool is_transposed,
                    const double *weights, const double *biases);

/* The file; clears the model. Owned by the caller. */
struct ref_bytes ref_model_finish(struct ref_model *model);

/* Writes bytes to the file of this path, in place of what it had. */
void ref_file_save(const char *path, const void *data, size_t n);

/* Writes bytes to a new file in the temporary folder; its name goes to
 * path[64]. The file is removed by ref_file_remove, or else at the exit of the
 * process that wrote it. */
void ref_file_write(char path[64], const void *data, size_t n);
/* The same of the file of a model, which is cleared. */
void ref_model_write(char path[64], struct ref_model *model);
void ref_file_remove(const char *path);

#endif
