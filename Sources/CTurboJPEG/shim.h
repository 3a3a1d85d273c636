#pragma once
#include <stdio.h>
#include <stdlib.h>
#include <setjmp.h>
#include <jpeglib.h>
#include <jerror.h>
#include <turbojpeg.h>

// libturbojpeg's own interface decodes whole pictures only; a random crop needs a part of one. The same library's libjpeg
// interface decodes parts, but tells of faults by a function that must not return. These functions come back instead: 0 for
// success, -1 for a fault, with a message. A decoder is used by one thread at a time.

typedef struct {
    struct jpeg_decompress_struct codec;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf escape;
    int is_warned;
    char message[JMSG_LENGTH_MAX];
} filterscope_jpeg_state;

static inline void filterscope_jpeg_escape(j_common_ptr codec) {
    filterscope_jpeg_state *state = (filterscope_jpeg_state *)codec->client_data;
    codec->err->format_message(codec, state->message);
    longjmp(state->escape, 1);
}

// The first warning is kept. Stray bytes between two markers leave the picture whole, and some of ImageNet's files have them.
static inline void filterscope_jpeg_warn(j_common_ptr codec, int level) {
    filterscope_jpeg_state *state = (filterscope_jpeg_state *)codec->client_data;
    if (level >= 0 || state->is_warned || codec->err->msg_code == JWRN_EXTRANEOUS_DATA) return;
    codec->err->format_message(codec, state->message);
    state->is_warned = 1;
}

// A progressive file of a few bytes can ask for scans without end.
static inline void filterscope_jpeg_watch(j_common_ptr codec) {
    if (codec->is_decompressor && ((j_decompress_ptr)codec)->input_scan_number > 500) {
        filterscope_jpeg_state *state = (filterscope_jpeg_state *)codec->client_data;
        snprintf(state->message, sizeof state->message, "it has more than 500 scans");
        longjmp(state->escape, 1);
    }
}

// A codec that knows no picture. Tables of a picture stay for the next one otherwise, which may lack its own (the standard's
// "abbreviated format"): what comes of it would depend on what came before.
static inline void filterscope_jpeg_renew(filterscope_jpeg_state *state) {
    jpeg_destroy_decompress(&state->codec);
    jpeg_create_decompress(&state->codec);
    state->codec.progress = &state->progress;
}

static inline void *filterscope_jpeg_new(void) {
    filterscope_jpeg_state *state = (filterscope_jpeg_state *)calloc(1, sizeof *state);
    if (!state) return NULL;
    state->codec.err = jpeg_std_error(&state->errors);
    state->errors.error_exit = filterscope_jpeg_escape;
    state->errors.emit_message = filterscope_jpeg_warn;
    state->codec.client_data = state;
    if (setjmp(state->escape)) {
        free(state);
        return NULL;
    }
    jpeg_create_decompress(&state->codec);
    state->codec.client_data = state;
    state->progress.progress_monitor = filterscope_jpeg_watch;
    state->codec.progress = &state->progress;
    return state;
}

static inline void filterscope_jpeg_free(void *decoder) {
    filterscope_jpeg_state *state = (filterscope_jpeg_state *)decoder;
    if (!state) return;
    jpeg_destroy_decompress(&state->codec);
    free(state);
}

static inline const char *filterscope_jpeg_message(void *decoder) {
    return decoder ? ((filterscope_jpeg_state *)decoder)->message : "there is no memory for a decoder";
}

// Reads a file's header and stays ready to decode it; the bytes must stay in place until then.
static inline int filterscope_jpeg_header(
    void *decoder, const unsigned char *bytes, unsigned long count, int *width, int *height, int *is_ink
) {
    filterscope_jpeg_state *state = (filterscope_jpeg_state *)decoder;
    if (!state) return -1;
    state->is_warned = 0;
    if (setjmp(state->escape)) {
        jpeg_abort_decompress(&state->codec);
        return -1;
    }
    filterscope_jpeg_renew(state);
    jpeg_mem_src(&state->codec, (unsigned char *)bytes, count);
    jpeg_read_header(&state->codec, TRUE);
    *width = (int)state->codec.image_width;
    *height = (int)state->codec.image_height;
    *is_ink = state->codec.jpeg_color_space == JCS_CMYK || state->codec.jpeg_color_space == JCS_YCCK;
    return 0;
}

// Decodes rows first_row ..< first_row + row_count of the picture at 1/denominator of its size. Of each row at least the columns
// from *column on, *column_count of them, go to the target, four bytes a pixel: RGB and padding, or CMYK as stored. On return
// the two say which columns these are; the target needs room for target_columns.
static inline int filterscope_jpeg_decode(
    void *decoder, int denominator, int *column, int *column_count, int first_row, int row_count, unsigned char *target,
    int target_columns
) {
    filterscope_jpeg_state *state = (filterscope_jpeg_state *)decoder;
    if (!state) return -1;
    j_decompress_ptr codec = &state->codec;
    if (setjmp(state->escape)) {
        jpeg_abort_decompress(codec);
        return -1;
    }
    int is_ink = codec->jpeg_color_space == JCS_CMYK || codec->jpeg_color_space == JCS_YCCK;
    codec->out_color_space = is_ink ? JCS_CMYK : JCS_EXT_RGBX;
    codec->scale_num = 1;
    codec->scale_denom = (unsigned)denominator;
    codec->dct_method = JDCT_ISLOW;
    codec->do_fancy_upsampling = TRUE;
    jpeg_start_decompress(codec);
    JDIMENSION first = (JDIMENSION)*column, width = (JDIMENSION)*column_count;
    if (width < codec->output_width) jpeg_crop_scanline(codec, &first, &width);
    *column = (int)first;
    *column_count = (int)width;
    if ((int)width > target_columns) {
        snprintf(state->message, sizeof state->message, "its columns do not fit the room for them");
        longjmp(state->escape, 1);
    }
    if (first_row > 0) jpeg_skip_scanlines(codec, (JDIMENSION)first_row);
    while ((int)codec->output_scanline < first_row + row_count) {
        JSAMPROW rows[16];
        int wanted = first_row + row_count - (int)codec->output_scanline;
        if (wanted > 16) wanted = 16;
        for (int row = 0; row < wanted; row++)
            rows[row] = target + ((size_t)((int)codec->output_scanline - first_row) + (size_t)row) * (size_t)*column_count * 4;
        if (jpeg_read_scanlines(codec, rows, (JDIMENSION)wanted) == 0) break;
    }
    if (codec->output_scanline == codec->output_height) jpeg_finish_decompress(codec);
    else jpeg_abort_decompress(codec);
    return state->is_warned ? -1 : 0;
}
