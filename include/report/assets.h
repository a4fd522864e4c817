/* SPDX-License-Identifier: MIT */
#ifndef REPORT_ASSETS_H
#define REPORT_ASSETS_H

/* The report's files, compiled in: those of report/, and uPlot ("" when the build could not get it). */
extern const char *const report_index_html,
    *const report_style_css, *const report_stats_js, *const report_charts_js,
                                                         *const report_app_js,
                                                             *const report_uplot_js,
                                                                 *const report_uplot_css,
                                                                     *const report_uplot_license;

#endif
