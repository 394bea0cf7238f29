"""The columns promised to other programs, written out once more by hand."""

from __future__ import annotations

# DESIGN, "Tables"; `alternative` is the column of second candidate sessions.
COLUMNS = {
    "abnormal_returns": "event_id ticker model day date return expected abnormal std_error sar "
    "alternative",
    "cars": "event_id ticker model start end n_days car std_error t dof p scar bhar alternative",
    "fits": "event_id ticker model day0 n_obs sigma r_squared alpha beta coefficients status "
    "reason alternative",
    "sample_tests": "group model start end n mean median share_positive test statistic dof p "
    "p_holm p_bh reason",
    "market_caps": "event_id ticker day date shares shares_as_of cap_before cap change "
    "peak_change abnormal_change currency alternative",
    "claims": "event_id claim_id ticker quantity basis start end claimed measured verdict "
    "best_basis reason source",
    "excluded": "event_id ticker stage reason",
    "sample_designs": "group model n events securities dates shared_date shared overlapping "
    "repeated missing skewness r_bar r_bar_widest headline why",
    "event_tests": "event_id ticker model start end test n statistic p reason alternative",
}
