/* What the name of a function says that it computes: the common words of numeric code.
 *
 * The names are those of GLSL, HLSL, OpenCL C, CUDA, numpy and scipy.special, and of textbooks. The comment above a
 * function lists its other names. Read by stand_ins.py; what the standard library of C defines needs no entry.
 */

/* square, sqr, pow2, squared */
double sq(double x) { return x * x; }
/* pow3, cubed */
double cube(double x) { return x * x * x; }
/* pow4, quart */
double fourth_power(double x) { return x * x * x * x; }
/* pow5, quint */
double fifth_power(double x) { return x * x * x * x * x; }
/* inverse, inv, rcp, recip, invert */
double reciprocal(double x) { return 1.0 / x; }
/* inversesqrt, invsqrt, inv_sqrt, q_rsqrt, rsqrtf */
double rsqrt(double x) { return 1.0 / sqrt(x); }
/* inverse_cbrt */
double rcbrt(double x) { return 1.0 / cbrt(x); }
/* abs, absf, absd, absolute_value */
double absolute(double x) { return fabs(x); }
/* negative, uminus, neg, minus */
double negate(double x) { return -x; }
/* identity, linear, same, passthrough */
double identity(double x) { return x; }
/* complement, invert_alpha */
double one_minus(double x) { return 1.0 - x; }
/* signum, sgn */
double sign(double x) { return x > 0.0 ? 1.0 : x < 0.0 ? -1.0 : 0.0; }
/* unit_step, step */
double heaviside(double x) { return x < 0.0 ? 0.0 : 1.0; }
/* frac, fractional_part */
double fract(double x) { return x - floor(x); }
/* double, times2 */
double twice(double x) { return x + x; }
/* half_of, times_half */
double halve(double x) { return 0.5 * x; }
/* clamp01, clip01, clamp_unit */
double saturate(double x) { return x < 0.0 ? 0.0 : x > 1.0 ? 1.0 : x; }
/* deg2rad, degrees_to_radians, to_radians, torad */
double radians(double x) { return x * 0.017453292519943295; }
/* rad2deg, radians_to_degrees, to_degrees, todeg */
double degrees(double x) { return x * 57.29577951308232; }
/* sin_degrees, sin_deg */
double sind(double x) { return sin(x * 0.017453292519943295); }
/* cos_degrees, cos_deg */
double cosd(double x) { return cos(x * 0.017453292519943295); }
/* tan_degrees, tan_deg */
double tand(double x) { return tan(x * 0.017453292519943295); }
/* asin_degrees, arcsind */
double asind(double x) { return asin(x) * 57.29577951308232; }
/* acos_degrees, arccosd */
double acosd(double x) { return acos(x) * 57.29577951308232; }
/* atan_degrees, arctand */
double atand(double x) { return atan(x) * 57.29577951308232; }
/* sin_pi */
double sinpi(double x) { return sin(3.141592653589793 * x); }
/* cos_pi */
double cospi(double x) { return cos(3.141592653589793 * x); }
/* secant */
double sec(double x) { return 1.0 / cos(x); }
/* cosecant */
double csc(double x) { return 1.0 / sin(x); }
/* cotangent */
double cot(double x) { return 1.0 / tan(x); }
/* hyperbolic_secant */
double sech(double x) { return 1.0 / cosh(x); }
/* hav */
double haversine(double x) { return sin(0.5 * x) * sin(0.5 * x); }
/* sine_cardinal */
double sinc(double x) { return x == 0.0 ? 1.0 : sin(3.141592653589793 * x) / (3.141592653589793 * x); }
/* logistic, expit, sigmoidal, logsig */
double sigmoid(double x) { return 1.0 / (1.0 + exp(-x)); }
/* log_odds */
double logit(double x) { return log(x / (1.0 - x)); }
/* rectifier, ramp, positive_part, rectified */
double relu(double x) { return x > 0.0 ? x : 0.0; }
/* log1pexp, log1p_exp */
double softplus(double x) { return log(1.0 + exp(x)); }
/* soft_sign */
double softsign(double x) { return x / (1.0 + fabs(x)); }
/* silu */
double swish(double x) { return x / (1.0 + exp(-x)); }
/* gaussian_error_linear */
double gelu(double x) { return 0.5 * x * (1.0 + erf(x * 0.7071067811865476)); }
/* gauss, bell, gaussian_kernel */
double gaussian(double x) { return exp(-0.5 * x * x); }
/* ugaussian_pdf, std_normal_pdf, phi, dnorm, normal_density */
double normal_pdf(double x) { return 0.3989422804014327 * exp(-0.5 * x * x); }
/* ugaussian_p, normcdf, ndtr, cnd, pnorm, cumulative_normal, std_normal_cdf */
double normal_cdf(double x) { return 0.5 * (1.0 + erf(x * 0.7071067811865476)); }
/* epanechnikov_kernel */
double epanechnikov(double x) { return fabs(x) < 1.0 ? 0.75 * (1.0 - x * x) : 0.0; }
/* tri, tent, triangle_filter, hat */
double triangle(double x) { return fabs(x) < 1.0 ? 1.0 - fabs(x) : 0.0; }
/* rect, boxcar, box_filter */
double box(double x) { return fabs(x) <= 0.5 ? 1.0 : 0.0; }
/* hanning, hanning_window, hann_window */
double hann(double x) { return 0.5 + 0.5 * cos(3.141592653589793 * x); }
/* hamming_window */
double hamming(double x) { return 0.54 + 0.46 * cos(3.141592653589793 * x); }
/* blackman_window */
double blackman(double x) { return 0.42 + 0.5 * cos(3.141592653589793 * x) + 0.08 * cos(6.283185307179586 * x); }
/* lanczos3, lanczos_filter */
double lanczos(double x) {
  double p = 3.141592653589793 * x;
  return x == 0.0 ? 1.0 : fabs(x) < 3.0 ? 3.0 * sin(p) * sin(p / 3.0) / (p * p) : 0.0;
}
/* catmull_rom, catrom_filter */
double catrom(double x) {
  double a = fabs(x);
  return a < 1.0 ? (1.5 * a - 2.5) * a * a + 1.0 : a < 2.0 ? ((2.5 - 0.5 * a) * a - 4.0) * a + 2.0 : 0.0;
}
/* mitchell_filter, mitchell_netravali */
double mitchell(double x) {
  double a = fabs(x);
  return a < 1.0 ? ((7.0 * a - 12.0) * a * a + 16.0 / 3.0) / 6.0
       : a < 2.0 ? (((12.0 - 7.0 / 3.0 * a) * a - 20.0) * a + 32.0 / 3.0) / 6.0 : 0.0;
}
/* smooth, smooth_step, hermite, s_curve, ease, ease_in_out */
double smoothstep01(double t) { return t * t * (3.0 - 2.0 * t); }
/* smoother_step, perlin_fade, quintic */
double fade(double t) { return t * t * t * (t * (t * 6.0 - 15.0) + 10.0); }
/* ease_in, quad_ease_in */
double ease_in_quad(double t) { return t * t; }
/* ease_out, quad_ease_out */
double ease_out_quad(double t) { return t * (2.0 - t); }
/* srgb_to_linear, srgb2linear, to_linear, linearize, degamma, ungamma, gamma_expand */
double linear_from_srgb(double v) { return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4); }
/* linear_to_srgb, linear2srgb, to_srgb, delinearize, gamma_compress, gamma_correct, gamma_encode */
double srgb_from_linear(double v) { return v <= 0.0031308 ? v * 12.92 : 1.055 * pow(v, 1.0 / 2.4) - 0.055; }
/* db2amp, db2lin, db_to_gain, decibel_to_linear */
double db_to_amp(double x) { return pow(10.0, x / 20.0); }
/* amp2db, lin2db, gain_to_db, linear_to_decibel, todb */
double amp_to_db(double x) { return 20.0 * log10(x); }
/* midi_to_frequency, mtof, note_to_hz */
double midi_to_hz(double x) { return 440.0 * pow(2.0, (x - 69.0) / 12.0); }
/* hz2mel, frequency_to_mel */
double hz_to_mel(double x) { return 2595.0 * log10(1.0 + x / 700.0); }
/* c2f, celsius2fahrenheit */
double celsius_to_fahrenheit(double x) { return 1.8 * x + 32.0; }
/* f2c, fahrenheit2celsius */
double fahrenheit_to_celsius(double x) { return (x - 32.0) / 1.8; }
/* c2k, celsius2kelvin */
double celsius_to_kelvin(double x) { return x + 273.15; }
/* tent_map, triangle_wave, tri_wave */
double triangle_wave(double x) { return 2.0 * fabs(2.0 * (x - floor(x + 0.5))) - 1.0; }
/* saw, saw_wave, sawtooth_wave */
double sawtooth(double x) { return 2.0 * (x - floor(x + 0.5)); }
/* square_wave, pulse */
double square_wave(double x) { return x - floor(x) < 0.5 ? 1.0 : -1.0; }
/* wrap_angle, normalize_angle, wrap_pi, angle_normalize, wrap_to_pi */
double angle_wrap(double x) { return x - 6.283185307179586 * floor(x / 6.283185307179586 + 0.5); }
/* range_degrees, wrap360, normalize_degrees */
double degrees_wrap(double x) { return x - 360.0 * floor(x / 360.0); }
/* range_radians, wrap_2pi, anp */
double radians_wrap(double x) { return x - 6.283185307179586 * floor(x / 6.283185307179586); }
/* safe_sqrt */
double sqrt_positive(double x) { return x > 0.0 ? sqrt(x) : 0.0; }
/* safe_log */
double log_positive(double x) { return x > 0.0 ? log(x) : 0.0; }
/* safe_asin */
double asin_clamped(double x) { return asin(x < -1.0 ? -1.0 : x > 1.0 ? 1.0 : x); }
/* safe_acos */
double acos_clamped(double x) { return acos(x < -1.0 ? -1.0 : x > 1.0 ? 1.0 : x); }
/* bessi0, i0, modified_bessel_0 */
double bessel_i0(double x) {
  double q = 0.25 * x * x;
  return 1.0 + q * (1.0 + q / 4.0 * (1.0 + q / 9.0 * (1.0 + q / 16.0 * (1.0 + q / 25.0))));
}
/* bessi1, i1, modified_bessel_1 */
double bessel_i1(double x) {
  double q = 0.25 * x * x;
  return 0.5 * x * (1.0 + q / 2.0 * (1.0 + q / 6.0 * (1.0 + q / 12.0 * (1.0 + q / 20.0))));
}
/* xlogx */
double entropy_term(double x) { return x > 0.0 ? x * log(x) : 0.0; }

/* plus, sum, sum2 */
double add(double a, double b) { return a + b; }
/* subtract, difference, diff */
double sub(double a, double b) { return a - b; }
/* multiply, product, mult, times */
double mul(double a, double b) { return a * b; }
/* divide, ratio, quotient, safe_divide, native_divide, fdividef */
double div(double a, double b) { return a / b; }
/* minimum, min_of, fmin, min2 */
double min(double a, double b) { return a < b ? a : b; }
/* maximum, max_of, fmax, max2 */
double max(double a, double b) { return a > b ? a : b; }
/* average, avg, midpoint, mid, mean2, centre, center */
double mean(double a, double b) { return 0.5 * (a + b); }
/* modulo, floor_mod, positive_mod, pmod, wrap */
double mod(double a, double b) { return a - b * floor(a / b); }
/* power, powr, pown */
double power(double a, double b) { return pow(a, b); }
/* nth_root, root */
double rootn(double a, double b) { return pow(a, 1.0 / b); }
/* step_at, edge */
double step_edge(double edge, double x) { return x < edge ? 0.0 : 1.0; }
/* norm, norm2, length, magnitude, len, abs_complex, complex_abs, modulus */
double length2(double x, double y) { return sqrt(x * x + y * y); }
/* norm_squared, length_squared, abs2, complex_abs2, mag2, lengthsq, sqr_length */
double length2_squared(double x, double y) { return x * x + y * y; }
/* arg, argument, complex_arg, phase, heading, azimuth, bearing */
double angle2(double x, double y) { return atan2(y, x); }
/* atan2_degrees, atan2deg */
double atan2d(double y, double x) { return atan2(y, x) * 57.29577951308232; }
/* absolute_difference, abs_difference, distance, dist, distance1 */
double absdiff(double a, double b) { return fabs(a - b); }
/* squared_difference, sqdiff */
double diff_squared(double a, double b) { return (a - b) * (a - b); }
/* relative_error, relative_difference */
double relative_difference(double a, double b) { return fabs(a - b) / fabs(b); }
/* logaddexp, log_add, log_sum_exp, logsum */
double log_add_exp(double a, double b) { return log(exp(a) + exp(b)); }
/* xlogy, x_log_y */
double x_times_log(double a, double b) { return a * log(b); }
/* harmonic_mean */
double mean_harmonic(double a, double b) { return 2.0 * a * b / (a + b); }
/* geometric_mean */
double mean_geometric(double a, double b) { return sqrt(a * b); }
/* rms, root_mean_square */
double mean_quadratic(double a, double b) { return sqrt(0.5 * (a * a + b * b)); }
/* bias_schlick, schlick_bias */
double bias(double t, double a) { return t / ((1.0 / a - 2.0) * (1.0 - t) + 1.0); }
/* fresnel, fresnel_schlick, schlick_fresnel */
double schlick(double c, double f0) { return f0 + (1.0 - f0) * pow(1.0 - c, 5.0); }
/* gamma_adjust, apply_gamma */
double gamma_power(double x, double g) { return pow(x, 1.0 / g); }
/* blend_multiply */
double multiply_blend(double a, double b) { return a * b; }
/* blend_screen, screen */
double screen_blend(double a, double b) { return 1.0 - (1.0 - a) * (1.0 - b); }
/* blend_overlay, overlay */
double overlay_blend(double a, double b) { return a < 0.5 ? 2.0 * a * b : 1.0 - 2.0 * (1.0 - a) * (1.0 - b); }
/* exclusion */
double exclusion_blend(double a, double b) { return a + b - 2.0 * a * b; }
/* gaussian_sigma, gauss_sigma */
double gaussian_of(double x, double s) { return exp(-0.5 * x * x / (s * s)); }
/* gaussian_pdf, normal_pdf_sigma */
double gaussian_pdf(double x, double s) { return 0.3989422804014327 / s * exp(-0.5 * x * x / (s * s)); }
/* wrapped_difference, angle_difference, angle_diff */
double angle_between(double a, double b) {
  return a - b - 6.283185307179586 * floor((a - b) / 6.283185307179586 + 0.5);
}

/* mix, interp, interpolate, linear_interpolation, linear_interpolate, blend, linint, linterp */
double lerp(double a, double b, double t) { return a + (b - a) * t; }
/* unlerp, inverse_interpolate */
double inverse_lerp(double a, double b, double x) { return (x - a) / (b - a); }
/* limit, clip, constrain, bound, clamp_float, restrict_to */
double clamp(double x, double lo, double hi) { return x < lo ? lo : x > hi ? hi : x; }
/* smooth_step */
double smoothstep(double lo, double hi, double x) {
  double t = (x - lo) / (hi - lo);
  t = t < 0.0 ? 0.0 : t > 1.0 ? 1.0 : t;
  return t * t * (3.0 - 2.0 * t);
}
/* multiply_add, muladd, madd, fmaf, fma */
double mad(double a, double b, double c) { return a * b + c; }
/* minimum3, min_of_three */
double min3(double a, double b, double c) { return fmin(a, fmin(b, c)); }
/* maximum3, max_of_three */
double max3(double a, double b, double c) { return fmax(a, fmax(b, c)); }
/* median3, median, med3, middle */
double median_of_three(double a, double b, double c) { return fmax(fmin(a, b), fmin(fmax(a, b), c)); }
/* add3, plus3, sum */
double sum3(double a, double b, double c) { return a + b + c; }
/* average3, avg3, mean, average */
double mean3(double a, double b, double c) { return (a + b + c) / 3.0; }
/* norm, length, magnitude, norm3d, hypot3, len3 */
double length3(double x, double y, double z) { return sqrt(x * x + y * y + z * z); }
/* length_squared, norm_squared, lengthsq */
double length3_squared(double x, double y, double z) { return x * x + y * y + z * z; }
/* luminance, luminosity, rgb_to_gray, grayscale, rgb2gray, brightness, intensity, rgb_to_y */
double luma(double r, double g, double b) { return 0.299 * r + 0.587 * g + 0.114 * b; }
/* discrim */
double discriminant(double a, double b, double c) { return b * b - 4.0 * a * c; }
/* wrap_range, wrap */
double wrap_between(double x, double hi, double lo) { return x - (hi - lo) * floor((x - lo) / (hi - lo)); }
/* normal, gaussian, normal_density, gauss */
double normal_of(double x, double m, double s) {
  return 0.3989422804014327 / s * exp(-0.5 * (x - m) * (x - m) / (s * s));
}
/* rescale_to */
double scale_shift(double x, double a, double b) { return a * x + b; }
/* smooth_min, smin, polynomial_smooth_min */
double smoothmin(double a, double b, double k) {
  double h = fmax(k - fabs(a - b), 0.0) / k;
  return fmin(a, b) - h * h * k * 0.25;
}
/* triple_product, product3 */
double mul3(double a, double b, double c) { return a * b * c; }

/* dot, dot_product, inner_product, scalar_product, vdot, cdot */
double dot2(double ax, double ay, double bx, double by) { return ax * bx + ay * by; }
/* cross, cross_product, determinant, det, wedge, perp_dot */
double cross2(double ax, double ay, double bx, double by) { return ax * by - ay * bx; }
/* distance, dist, euclidean, euclidean_distance, separation */
double distance2(double ax, double ay, double bx, double by) {
  return sqrt((ax - bx) * (ax - bx) + (ay - by) * (ay - by));
}
/* distance_squared, dist_squared, distsq, sqr_distance */
double distance2_squared(double ax, double ay, double bx, double by) {
  return (ax - bx) * (ax - bx) + (ay - by) * (ay - by);
}
/* manhattan, manhattan_distance, taxicab, l1_distance */
double manhattan2(double ax, double ay, double bx, double by) { return fabs(ax - bx) + fabs(ay - by); }
/* chebyshev, chebyshev_distance */
double chebyshev2(double ax, double ay, double bx, double by) { return fmax(fabs(ax - bx), fabs(ay - by)); }
/* sum, add4 */
double sum4(double a, double b, double c, double d) { return a + b + c + d; }
/* average, mean, avg4 */
double mean4(double a, double b, double c, double d) { return 0.25 * (a + b + c + d); }
/* min, minimum */
double min4(double a, double b, double c, double d) { return fmin(fmin(a, b), fmin(c, d)); }
/* max, maximum */
double max4(double a, double b, double c, double d) { return fmax(fmax(a, b), fmax(c, d)); }
/* norm, length, magnitude, norm4d */
double length4(double x, double y, double z, double w) { return sqrt(x * x + y * y + z * z + w * w); }
/* map, remap, rescale, map_range, linear_map, fit, scale_range, maprange */
double remap5(double x, double a, double b, double c, double d) { return c + (d - c) * (x - a) / (b - a); }
/* dot, dot_product, inner_product, scalar_product */
double dot3(double ax, double ay, double az, double bx, double by, double bz) { return ax * bx + ay * by + az * bz; }
/* distance, dist, euclidean_distance */
double distance3(double ax, double ay, double az, double bx, double by, double bz) {
  return sqrt((ax - bx) * (ax - bx) + (ay - by) * (ay - by) + (az - bz) * (az - bz));
}
/* distance_squared, dist_squared, distsq */
double distance3_squared(double ax, double ay, double az, double bx, double by, double bz) {
  return (ax - bx) * (ax - bx) + (ay - by) * (ay - by) + (az - bz) * (az - bz);
}
/* bilinear, bilinear_interpolate, bilinear_interpolation, bilerp */
double bilerp6(double a, double b, double c, double d, double u, double v) {
  double p = a + (b - a) * u, q = c + (d - c) * u;
  return p + (q - p) * v;
}
/* triangle_area, tri_area, area */
double area_triangle(double ax, double ay, double bx, double by, double cx, double cy) {
  return 0.5 * fabs((bx - ax) * (cy - ay) - (cx - ax) * (by - ay));
}
